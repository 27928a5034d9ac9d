"""Who sold a response: by the name that the caller gives, else by marks that only that vendor's bodies carry."""

from pertoken.usage.responses.invocation import Body

NAMES = {
    "amazon": "aws", "amazon-bedrock": "aws", "amazon_bedrock": "aws", "aws.bedrock": "aws", "aws_bedrock": "aws",
    "bedrock": "aws", "bedrock_converse": "aws", "azure-openai": "azure", "azure_openai": "azure",
    "azure.ai.inference": "azure", "azure.ai.openai": "azure", "azure_ai": "azure", "az.ai.openai": "azure",
    "az.ai.inference": "azure", "claude": "anthropic", "fireworks_ai": "fireworks", "fireworks-ai": "fireworks",
    "gcp.gemini": "google", "gcp.gen_ai": "google", "gcp.vertex_ai": "google", "gemini": "google",
    "google-gla": "google", "google-vertex": "google", "google_ai_studio": "google", "google_genai": "google",
    "vertex": "google", "vertex_ai": "google", "vertexai": "google", "vertex-ai": "google",
    "github_copilot": "github-copilot", "grok": "x-ai", "x_ai": "x-ai", "xai": "x-ai", "kimi": "moonshotai",
    "moonshot": "moonshotai", "moonshot_ai": "moonshotai", "moonshot-ai": "moonshotai", "mistral_ai": "mistral",
    "mistralai": "mistral", "mistral-ai": "mistral", "pplx": "perplexity", "together_ai": "together",
    "together-ai": "together", "togetherai": "together", "voyage": "voyageai",
    "z-ai": "zai", "z_ai": "zai", "z.ai": "zai",
}  # fmt: skip
"""Other names of vendors."""

OF_BODY = {
    "x_groq": "groq", "usageMetadata": "google", "modelVersion": "google", "native_finish_reason": "openrouter",
    "search_results": "perplexity", "stopReason": "aws", "amazon-bedrock-invocationMetrics": "aws",
    "inputTextTokenCount": "aws", "generation_token_count": "aws",
}  # fmt: skip
"""Fields of a response that only one vendor has."""

OF_USAGE = {
    "cost_in_usd_ticks": "x-ai", "server_side_tool_usage_details": "x-ai", "citation_tokens": "perplexity",
    "num_search_queries": "perplexity", "search_context_size": "perplexity", "is_byok": "openrouter",
    "promptTokenCount": "google", "total_input_tokens": "google",
    "cacheReadInputTokens": "aws", "cacheWriteInputTokens": "aws",
}  # fmt: skip
"""Counts that only one vendor has."""

OF_ID = (
    ("msg_bdrk_", "", "aws"),
    ("msg_vrtx_", "", "google"),
    ("msg_", "claude", "anthropic"),
    ("gen-", "", "openrouter"),
)
"""How the id and the model of a response begin that only one vendor writes so."""

BEGIN = tuple({begin for begin, _, _ in OF_ID})
"""How such ids begin, whatever the model."""

OF_MODEL = (("grok", "x-ai"), ("sonar", "perplexity"), ("gemini", "google"))
"""How models are named whose makers count in a way of their own; it says how to count, not who sold it."""


MADE = tuple(begin for begin, _ in OF_MODEL)
"""How such names begin."""


def seller(name: str) -> str:
    """Spell a vendor's name as the conventions do; one that is not known stays as it is.

    >>> seller("gcp.vertex_ai"), seller("Acme")
    ('google', 'Acme')
    """
    if name in SPELLED:
        return name
    low = name.strip().lower()
    return NAMES.get(low, low if low in SPELLED else name.strip())


SPELLED = frozenset(NAMES.values()) | {"openai", "cohere", "deepseek", "groq", "openrouter"}
"""Names that vendors go by, whatever the case in which they are written."""


def marked(body: Body, usage: Body) -> str:
    """Tell who sold a response by what only that vendor writes; empty if nothing tells."""
    ident = body.get("id")
    if isinstance(ident, str) and ident.startswith(BEGIN):
        for begin, model, name in OF_ID:
            if ident.startswith(begin) and str(body.get("model") or "").startswith(model):
                return name
    for fields, record in ((OF_BODY, body), (OF_USAGE, usage)):
        if not fields.keys().isdisjoint(record):
            for field, name in fields.items():
                if record.get(field) is not None:
                    return name
    return ""


def maker(model: str) -> str:
    """Tell whose way to count holds for a model, whoever sold it; empty for OpenAI's."""
    return next((name for begin, name in OF_MODEL if model.startswith(begin)), "") if model.startswith(MADE) else ""

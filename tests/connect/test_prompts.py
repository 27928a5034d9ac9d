"""Prompts are read from text, from a chat in JSON, and from requests in JSON lines; what is no text is named."""

import pytest

from pertoken.connect.prompts import Message, read_prompts
from pertoken.core.errors import InputError

ASK = '{"role": "user", "content": "hello"}'


@pytest.mark.parametrize("text", ["hello {world}", "{not json", "[1, see below]", "", "- a\n- b\n"])
def test_text_is_one_prompt_as_it_stands(text):
    (prompt,) = read_prompts(text, "note.txt")
    assert (prompt.text, prompt.messages) == (text, ())


@pytest.mark.parametrize(
    "text",
    [
        f"[{ASK}]",
        f'{{"messages": [{ASK}]}}',
        f'{{"model": "m", "input": [{ASK}]}}',
        f'{{"body": {{"messages": [{ASK}]}}}}',
    ],
)
@pytest.mark.parametrize("name", ["chat.json", "-"])
def test_a_chat_is_read_from_a_list_or_a_request(text, name):
    (prompt,) = read_prompts(text, name)
    assert prompt.messages == (Message(texts=("user", "hello")),)


@pytest.mark.parametrize("name", ["batch.jsonl", "-"])
def test_json_lines_are_one_request_each(name):
    text = f'{{"custom_id": "1", "body": {{"messages": [{ASK}]}}}}\n\n{{"messages": [{ASK}, {ASK}]}}\n'
    assert [len(prompt.messages) for prompt in read_prompts(text, name)] == [1, 2]


def test_a_request_may_have_plain_input():
    (prompt,) = read_prompts('{"model": "m", "input": "hello"}', "r.json")
    assert prompt.text == "hello"


def test_parts_calls_and_names_are_counted_and_pictures_are_told():
    said = """[
      {"role": "user", "name": "ann", "content": [
        {"type": "text", "text": "what is this?"}, {"type": "image_url", "image_url": {}}]},
      {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "look", "arguments": "{}"}}]}
    ]"""
    (prompt,) = read_prompts(said, "chat.json")
    first, second = prompt.messages
    assert (first.named, sorted(first.texts)) == (True, ["ann", "user", "what is this?"])
    assert second.texts == ("assistant", "look", "{}")
    assert prompt.left_out == {"parts of type image_url": 1}


def test_definitions_of_tools_are_told():
    (prompt,) = read_prompts(f'{{"messages": [{ASK}], "tools": [{{}}, {{}}]}}', "r.json")
    assert prompt.left_out == {"definitions of tools": 2}


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("{not json", "a.json", r"a\.json: not JSON"),
        (f'{{"messages": [{ASK}]}}\n{{torn', "a.jsonl", r"a\.jsonl:2: not JSON"),
        ('{"model": "m"}', "a.json", "no messages, input, prompt; expected messages"),
        ('{"messages": [1]}', "a.json", "a list; expected messages"),
        ("7", "a.json", "a int; expected messages"),
        ('{"messages": []}\n{"x": 1}', "a.jsonl", r"a\.jsonl:2: no messages"),
    ],
)
def test_what_should_be_a_request_and_is_none_is_named(text, name, said):
    with pytest.raises(InputError, match=said):
        read_prompts(text, name)

"""Future usage from past usage: from customers' history to a calibrated range of usage and revenue."""

"""A payload that ends well without saying what it made."""

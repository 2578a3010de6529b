"""The places where we lean on the inside of other libraries.

Each function says what it uses, why, and with which release it was last seen to work. tests/test_compat.py has a test
for each that fails loudly when a library changes it. Nothing here imports a library before it is called.
"""

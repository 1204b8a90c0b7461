"""Readers of what offices really hold; they never change a source file and never drop a row in silence."""

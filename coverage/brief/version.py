"""The version printed on every paper."""

VERSION = "0.1.0"

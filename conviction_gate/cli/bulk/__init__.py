"""The commands that send files of any length."""

"""Bytes on disk to records of text cells: archives, encodings, line ends, quotes, workbooks, JSON, Parquet."""

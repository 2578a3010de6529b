"""The report: tables and figures of many runs, beside what others have published."""

"""The report: figures and layers as JSON, Markdown and HTML; budgets checked against them."""

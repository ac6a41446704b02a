"""The report: questions to the tables, the model made of their answers, and how it is shown. Reads no table itself."""

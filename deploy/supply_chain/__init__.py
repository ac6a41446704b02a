"""What is shipped, as a CycloneDX file, and what is known of its weaknesses: `make sbom`, `make audit`."""

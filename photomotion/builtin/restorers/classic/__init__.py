"""The restorer without a network: each defect is measured, and mended only where it is."""

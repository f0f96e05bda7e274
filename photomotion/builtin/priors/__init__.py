"""Built-in motion priors."""

"""How areas are scored in any way: treatment, scales, means, alternatives, uncertainty, comparison."""

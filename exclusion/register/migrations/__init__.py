"""How the tables of the register came to be, one step a file; run when a register is opened."""

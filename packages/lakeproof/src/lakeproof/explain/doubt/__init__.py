"""How much of a share is luck: of seeds (`chance`), and of the rows scored (`rows`)."""

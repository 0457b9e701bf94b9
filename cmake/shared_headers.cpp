// Gives the precompiled headers of the libraries a target to belong to.

"""One kind of rule a file, and the loader that turns config/rules/*.toml into a rulebook."""

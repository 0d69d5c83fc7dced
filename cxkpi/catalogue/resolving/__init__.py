"""From checked mappings to definitions: overlays, dialects, variants, versions, tables, targets, specs."""

"""The chapters of the page: which examples are lost, and why. What stands in each says so in its SPEC."""

# Name -> heading, in the order of the page.
CHAPTERS = {
    "difficulty": "How hard are the images?",
    "planted": "What kind of hard is forgotten?",
    "explanation": "What foretells that an image is lost?",
    "overlap": "Are the same images lost?",
    "groups": "Who pays: groups",
    "families": "Who pays: classes, merged or removed",
    "sensitivity": "Are lost images fragile?",
}

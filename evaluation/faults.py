"""Why an evaluation cannot be made: stable codes, and words that say what to do."""

FAULTS: dict[str, str] = {
    "folder_missing": "%(path)s is not a folder.",
    "folder_empty": "%(path)s holds no files. Give a folder with a sub-folder per subject.",
    "one_subject": (
        "All pictures in %(path)s belong to one subject. At least two are needed: error rates "
        "compare people."
    ),
    "no_mates": (
        "No subject in %(path)s has two pictures. At least one is needed: a search needs "
        "something to find."
    ),
    "no_templates": (
        "Engine %(engine)s made templates of %(made)d of %(files)d pictures; two subjects with a "
        "template are needed. Most frequent reason: %(reason)s."
    ),
    "nothing_given": "Give a FOLDER with a sub-folder per subject, or --pairs FILE.",
    "pairs_missing": "%(path)s cannot be read: %(reason)s.",
    "pairs_empty": "%(path)s lists no pairs.",
    "pairs_line": "%(path)s, line %(line)d: %(reason)s.",
    "pairs_one_kind": (
        "%(path)s lists only pairs that are %(kind)s. Both kinds are needed to tell them apart."
    ),
    "engine_given_twice": "The engine %(engine)s is given twice.",
    "engine_unknown": "Unknown engine %(engine)s; known are: %(known)s.",
    "evaluation_unreadable": "This is not the evaluation.json of this version of Candor.",
    "evaluation_of_pairs": "A list of pairs has no gallery: evaluate a folder alone.",
    "evaluation_name": "Say in 1 to 200 characters what was measured, as readers should know it.",
    "out_not_writable": "%(path)s cannot be written: %(reason)s.",
    "number_out_of_range": "%(option)s must be %(least)d to %(most)d.",
}


class EvaluationFault(Exception):
    """An evaluation that cannot be made; `code` is one of FAULTS."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.message = FAULTS[code] % values
        super().__init__(self.message)

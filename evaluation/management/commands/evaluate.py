"""Measure engines on a labelled folder or a list of pairs; nothing is written to the database."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from evaluation.bootstrap import ROUNDS, SEED
from evaluation.embedding import Embedding
from evaluation.engines import contenders
from evaluation.evaluating import Result, Task, evaluate
from evaluation.faults import EvaluationFault
from evaluation.folder import read_folder
from evaluation.pair_drawing import draw_pairs
from evaluation.pair_list import read_pairs
from evaluation.plan import Plan
from evaluation.report.document import document
from evaluation.report.writing import prepare_folder, write_all
from evaluation.summary import summary_lines
from searches.engines.base import EngineError


class Command(BaseCommand):
    help = "Measure engines on a labelled folder (a sub-folder per subject) or a list of pairs."
    # It needs no database, and must run before there is one.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", help="or where the pairs' pictures are")
        parser.add_argument("--pairs", type=Path, metavar="FILE", help="CSV, or LFW's pairs.txt")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR")
        parser.add_argument(
            "--engine",
            action="append",
            default=[],
            metavar="KIND[:PACKAGE]",
            help="may be given several times (default: the installation's engine)",
        )
        parser.add_argument("--enrol", choices=["all", "first"], default="all")
        parser.add_argument("--several", choices=["refuse", "largest"], default="refuse")
        parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
        parser.add_argument("--seed", type=int, default=SEED, help="default: %(default)s")
        parser.add_argument("--processes", type=int, default=settings.WORKERS)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._evaluate(options)
        except (EvaluationFault, EngineError) as fault:
            raise CommandError(f"{fault.code}: {fault.message}") from fault

    def _evaluate(self, options: dict[str, Any]) -> None:
        _in_range("--rounds", options["rounds"], 100, 100_000)
        _in_range("--seed", options["seed"], 0, 2**32 - 1)
        _in_range("--processes", options["processes"], 1, 256)
        engines = contenders(options["engine"])
        task = _task(options)
        prepare_folder(options["out"])
        how = Embedding(options["processes"], largest=options["several"] == "largest")
        results: list[Result] = []
        for contender in engines:
            with tqdm(
                total=len(task.labelled.names),
                desc=contender.label,
                unit="picture",
                disable=not sys.stderr.isatty(),
            ) as bar:
                results.append(evaluate(task, contender, how, bar.update))
        made = document(task, results, str(options["pairs"] or ""), timezone.now())
        names = write_all(options["out"], task, results, made)
        for line in summary_lines(made):
            self.stdout.write(line)
        self.stdout.write(f"Written to {options['out']}: {', '.join(names)}")


def _task(options: dict[str, Any]) -> Task:
    plan = Plan(options["enrol"], options["several"], options["rounds"], options["seed"])
    if options["pairs"] is not None:
        labelled, pairs = read_pairs(options["pairs"], options["folder"])
        return Task(labelled, pairs, True, plan)
    if options["folder"] is None:
        raise EvaluationFault("nothing_given")
    labelled = read_folder(options["folder"])
    return Task(labelled, draw_pairs(labelled, plan.seed), False, plan)


def _in_range(option: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise EvaluationFault("number_out_of_range", option=option, least=least, most=most)

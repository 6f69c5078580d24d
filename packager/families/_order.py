"""A job with its operators in the order that needs the least memory: every file of the bundle then has the same."""

import dataclasses

from packager.families._contract import Job
from packager.plan.order import reordered


def in_best_order(job: Job) -> Job:
    model = reordered(job.quantized.model)
    return dataclasses.replace(job, quantized=dataclasses.replace(job.quantized, model=model))

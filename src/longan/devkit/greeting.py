"""What `longan dev` prints once everything runs: where it is, who one can be, and a first call to paste."""

from itertools import groupby

from longan.devkit.ports import HOST
from longan.devkit.sample.personas import PERSONAS
from longan.devkit.supervisor import Development
from longan.devkit.terminal import Terminal


def greet(settings: Development, terminal: Terminal) -> None:
    """Addresses, personas, a first curl."""
    api, local = f"http://{HOST}:{settings.port}", f"http://{HOST}:{settings.devkit_port}"
    terminal.blank()
    terminal.say(f"API          {api}/v1")
    terminal.say(f"Docs         {api}/docs")
    terminal.say(f"Phone        {local}/   (text messages and pushes arrive here)")
    terminal.say(f"Metrics      http://{HOST}:{settings.metrics_port}/metrics")
    terminal.say(f"Logs, data   {settings.data_dir}")
    terminal.blank()
    terminal.say("Personas, each with the code 000000:")
    for title, alike in groupby(PERSONAS, key=lambda persona: persona.title):
        phones = [persona.phone for persona in alike]
        last = f" to …{phones[-1][-3:]}" if len(phones) > 1 else ""
        terminal.say(f"  {phones[0] + last:<21}  {title}")
    terminal.say("Any other mobile number gets a code by SMS, which arrives on the page above.")
    terminal.blank()
    terminal.say("Try:")
    terminal.say(f"  curl '{api}/v1/jobs?q=cong+nhan+may&limit=3'")
    terminal.say(f"  {_ports(settings)}make demo   (in another terminal: from sign-in to a rating, step by step)")
    terminal.blank()
    terminal.say("Ctrl-C stops everything.")


def _ports(settings: Development) -> str:
    """What another terminal must be told to find us; nothing where we are at the usual ports."""
    usual = Development()
    asked = (
        ("LONGAN_PORT", settings.port, usual.port),
        ("LONGAN_DEVKIT_PORT", settings.devkit_port, usual.devkit_port),
    )
    return "".join(f"{name}={port} " for name, port, standard in asked if port != standard)

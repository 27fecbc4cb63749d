"""What `longan dev` prints once everything runs: where it is, who one can be, and a first call to paste."""

from longan.devkit.sample.personas import PERSONAS
from longan.devkit.supervisor import HOST, Development
from longan.devkit.terminal import Terminal


def greet(settings: Development, terminal: Terminal) -> None:
    """Addresses, personas, a first curl."""
    api, local = f"http://{HOST}:{settings.port}", f"http://{HOST}:{settings.devkit_port}"
    terminal.blank()
    terminal.say(f"API          {api}/v1")
    terminal.say(f"Docs         {api}/docs")
    terminal.say(f"Phone        {local}/   (SMS codes and pushes arrive here)")
    terminal.say(f"Metrics      http://{HOST}:{settings.metrics_port}/metrics")
    terminal.blank()
    terminal.say("Personas, each with the code 000000:")
    for persona in PERSONAS:
        terminal.say(f"  {persona.phone}  {persona.title}")
    terminal.blank()
    terminal.say("Try:")
    terminal.say(f"  curl '{api}/v1/jobs?q=cong+nhan+may&limit=3'")
    terminal.say("  make demo      (in another terminal: sign in, find a job, apply, be told)")
    terminal.blank()
    terminal.say("Ctrl-C stops everything.")

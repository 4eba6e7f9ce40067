"""The script as a page for whoever presents it by hand: what to say, what to do."""

from collections.abc import Iterator

from mesh.demo.video.script import Scene, Script, Step, Target

ROLES = {
    "button": "button", "tab": "tab", "option": "option", "radio": "first line's circle", "table": "table",
    "heading": "heading", "region": "part", "link": "link",
}  # fmt: skip
HEAD = """\
# A walkthrough to present by hand

Made from `src/mesh/demo/video/walkthrough.json` by `./mesh demo video --print`, and compared with it by a
test; `./mesh demo video` films the same script.

Before: `./mesh up --home DEMO --demo 12` in an empty folder. Then, in another terminal of that folder:

```
export MESH_HOME=DEMO
./mesh keys create demo-cedar      # the key to enter the dashboard with, as Cedar IT
```
"""


def page(script: Script) -> str:
    """Markdown: a section for each chapter, a step for each scene."""
    parts = [HEAD]
    for name, text in script.texts.items():
        parts.append(f"The {name}, in a file `{name}.txt`:\n\n> {text}\n")
    number = 0
    for chapter in script.chapters:
        parts.append(f"## {chapter.title}\n")
        for scene in chapter.scenes:
            number += 1
            deeds = [*_place(scene), *_deeds(scene, script)]
            done = "".join(f"    - {deed}\n" for deed in deeds)
            parts.append(f"{number}. {scene.caption}\n{done}")
    return "\n".join(parts)


def _place(scene: Scene) -> list[str]:
    if scene.command:
        return [f"Run `./mesh {' '.join(scene.command)}`."]
    if scene.picture:
        return [f"Open `{scene.picture}` in the browser."]
    return [f"Go to `/app/{scene.open}`."] if scene.open is not None else []


def _deeds(scene: Scene, script: Script) -> Iterator[str]:
    for before, step in zip([None, *scene.steps], scene.steps, strict=False):
        deed = _deed(step, script)
        # What was waited for is on the screen already.
        if deed and not (before and step.show and step.show == before.wait):
            yield deed


def _deed(step: Step, script: Script) -> str | None:
    if step.click:
        return f"Choose {_called(step.click)}."
    if step.type:
        named = step.type.text.startswith("$") and step.type.text[1:] in script.texts
        what = f"the {step.type.text[1:]}" if named else f"“{step.type.text}”"
        return f"Type {what} into “{step.type.label}”."
    if step.press:
        return f"Press {step.press.key}{f' {step.press.times} times' if step.press.times > 1 else ''}."
    if step.drag:
        return "Drag a task to the right." if step.drag.right_px > 0 else "Drag a task to the left."
    if step.others:
        tlp = f" --tlp {step.others.question['tlp']}" if "tlp" in step.others.question else ""
        agent = step.others.route.strip("/").split("/")[0]
        asked = [f"`./mesh ask {agent} --msp {msp}{tlp} report.txt`" for msp in step.others.msps]
        return f"In a terminal, as other MSPs: {', '.join(asked)}."
    if step.wait:
        return f"Wait for {_called(step.wait)}."
    if step.show:
        return f"Scroll to {_called(step.show)}."
    return None


def _called(target: Target) -> str:
    role = ROLES.get(target.role, target.role)
    return f"the {role} “{target.name}”" if target.name else f"the {role}"

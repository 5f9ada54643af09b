"""Calls the component of Zed's extension as Zed does, with a stand-in for a worktree, and starts what it says.

    call.py COMPONENT SETTINGS      SETTINGS: a file of Zed's settings with a section "lsp"; `plimsoll` is on the PATH
"""

import json
import shutil
import subprocess
import sys

from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component, Linker, ResourceHost, ResourceType, Variant

NAME = "plimsoll"
WORKTREE = 0  # the resource type's number


class Zed:
    """A Zed in which the extension is loaded."""

    def __init__(self, path, settings=None, on_path=None):
        # What Zed answers where nothing is set.
        self.settings = settings or {"binary": None, "settings": None, "initialization_options": None}
        self.on_path = on_path
        engine = Engine(Config())
        component = Component.from_file(engine, path)
        self.store = Store(engine)
        wasi = WasiConfig()
        wasi.env = [("PWD", "/")]
        wasi.inherit_stderr()
        self.store.set_wasi(wasi)
        linker = Linker(engine)
        linker.add_wasip2()
        with linker.root() as root:
            for number, resource in enumerate(["worktree", "project", "key-value-store"]):
                root.add_resource(resource, ResourceType.host(number), lambda store, it: None)
            for types in ["common", "context-server", "dap", "lsp", "process", "slash-command"]:
                root.add_instance(f"zed:extension/{types}").close()
            root.add_func("[method]worktree.id", method(lambda: 7))
            root.add_func("[method]worktree.which", method(self.which))
            root.add_func("[method]worktree.shell-env", method(lambda: [("SHELL_SAYS", "so")]))
            root.add_func("get-settings", self.get_settings)
        self.instance = linker.instantiate(self.store, component)
        self.call("init-extension")

    def which(self, name):
        assert name == NAME, name
        return self.on_path

    def get_settings(self, store, location, category, key):
        assert (location.__dict__["worktree-id"], category, key) == (7, "lsp", NAME), (location.__dict__, category, key)
        return ok(json.dumps(self.settings))

    def call(self, function, *arguments):
        function = self.instance.get_func(self.store, function)
        result = function(self.store, *arguments)
        function.post_return(self.store)
        return result

    def ask(self, function):
        worktree = ResourceHost.borrow(1, WORKTREE).to_any(self.store)
        return self.call(function, NAME, worktree)


def method(run):
    """A method of the worktree, which is only lent to it."""
    def called(store, worktree, *arguments):
        worktree.drop(store)
        return run(*arguments)
    return called


def ok(value):
    return Variant("ok", value)


def command(answer):
    """The command line and the environment of an answer, which is a text where it has failed."""
    assert not isinstance(answer, str), answer
    return [answer.command, *answer.args], {it[0]: it[1] for it in answer.env}


def starts(line, options):
    """Has a server started and initialized."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
               "params": {"processId": None, "capabilities": {}, "initializationOptions": options}}
    body = json.dumps(message)
    ends = '{"jsonrpc":"2.0","method":"exit"}'
    sent = "".join(f"Content-Length: {len(it)}\r\n\r\n{it}" for it in (body, ends))
    answer = subprocess.run(line, input=sent.encode(), capture_output=True, timeout=60).stdout.decode()
    assert '"codeActionProvider"' in answer or '"capabilities"' in answer, answer


def main(component, settings):
    here = shutil.which(NAME)
    assert here, "plimsoll is not on the PATH"

    zed = Zed(component, on_path=here)
    line, env = command(zed.ask("language-server-command"))
    assert (line, env) == ([here, "lsp"], {"SHELL_SAYS": "so"}), (line, env)
    assert zed.ask("language-server-initialization-options") == ok(None)
    assert zed.ask("language-server-workspace-configuration") == ok(None)
    starts(line, None)

    zed = Zed(component)
    answer = zed.ask("language-server-command")
    assert isinstance(answer, str) and "cargo install" in answer, answer

    with open(settings, encoding="utf-8") as file:
        given = json.load(file)["lsp"][NAME]
    zed = Zed(component, {"settings": {"rules": {}}, **given}, on_path=here)
    line, _ = command(zed.ask("language-server-command"))
    assert line == [given["binary"]["path"], *given["binary"]["arguments"]], line
    options = zed.ask("language-server-initialization-options")
    assert json.loads(options.payload) == given["initialization_options"], options.payload
    options = zed.ask("language-server-workspace-configuration")
    assert json.loads(options.payload) == {NAME: {"rules": {}}}, options.payload
    starts([here, *line[1:]], given["initialization_options"])


if __name__ == "__main__":
    main(*sys.argv[1:])

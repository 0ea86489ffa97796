"""The screen of ``watch``: accounts in a list that can be sorted and filtered, one account, and its events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from venuekit.cli.errors import Status
from venuekit.cli.watch.event_rows import event_text
from venuekit.cli.watch.group import WatchGroup
from venuekit.cli.watch.summary import AccountSummary
from venuekit.cli.watch.texts import TextLine, detail_lines, overview_head, overview_lines, totals_text

#: seconds between two looks at the news, and after which ages are drawn anew
_LOOK, _AGES = 0.1, 1.0
#: times as long as drawing took in which it is not done again, so that many accounts take a fifth of a core at most
_REST = 4
#: events that are shown of one account, or of all
_EVENTS = 200


def _severity(summary: AccountSummary) -> Decimal | None:
    """Return a number by which the accounts in trouble come last, so that they come first in reverse."""
    return Decimal(list(type(summary.state)).index(summary.state))


#: heading of a sorted column to the number that decides; None, an unknown one, is last in both directions
_SORTS: dict[str, Callable[[AccountSummary], Decimal | None]] = {
    "account": lambda _: None,
    "equity": lambda summary: summary.usd,
    "pnl": lambda summary: summary.pnl.value,
    "ratio": lambda summary: summary.ratio.value,
    "to liq": lambda summary: summary.distance.value,
    "state": _severity,
}


def sort_summaries(summaries: Iterable[AccountSummary], key: str, *, is_reversed: bool) -> list[AccountSummary]:
    """Return accounts in the order of a column; those whose number is unknown come last, by their names."""
    by_name = sorted(summaries, key=lambda summary: summary.name, reverse=is_reversed and key == "account")
    number_of = _SORTS[key]
    known = [(number, summary) for summary in by_name if (number := number_of(summary)) is not None]
    known.sort(key=lambda pair: pair[0], reverse=is_reversed)
    return [summary for _, summary in known] + [summary for summary in by_name if number_of(summary) is None]


def _text(lines: Iterable[TextLine]) -> Text:
    return Text("\n").join(Text(line.text, style=line.style, no_wrap=True) for line in lines)


#: the widgets that are drawn
_DRAWN = ("#title", "#head", "#total", "#accounts")


class _TextScreen(Screen[None]):
    """Lines that are drawn anew while they are shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "back"), Binding("e", "app.events", "events")]

    def __init__(self, lines_of: Callable[[int], list[TextLine]]) -> None:
        super().__init__()
        self._lines_of = lines_of
        self._body = Static()

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        with VerticalScroll():
            yield self._body
        yield Footer()

    def on_mount(self) -> None:
        """Draw the first time."""
        self.draw()

    def draw(self) -> None:
        """Draw the lines as they are now."""
        self._body.update(_text(self._lines_of(self.app.size.width)))


class WatchApp(App[int]):
    """
    The screen.

    Args:
        group: The accounts, which it shows and does not open.
    """

    CSS = """
    OptionList { border: none; padding: 0; height: 1fr; background: $background; }
    OptionList > .option-list--option { padding: 0; }
    OptionList > .option-list--option-highlighted, OptionList:focus > .option-list--option-highlighted {
        background: $background; color: $foreground; text-style: bold underline;
    }
    Input { border: none; height: 1; padding: 0; display: none; }
    Input.shown { display: block; }
    #title, #head, #total { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "quit"),
        Binding("ctrl+c", "interrupt", show=False, priority=True),
        Binding("s", "sort", "sort"),
        Binding("r", "reverse", "reverse"),
        Binding("slash", "filter", "filter"),
        Binding("enter", "open", "open"),
        Binding("e", "events", "events"),
        Binding("escape", "clear", show=False),
    ]

    def __init__(self, group: WatchGroup) -> None:
        super().__init__(ansi_color=True)  # the terminal's own colours, or none with NO_COLOR
        self.theme = "ansi-dark"
        self._group = group
        self._sort = "account"
        self._is_reversed = False
        self._filter = ""
        self._shown: list[AccountSummary] = []
        #: when the screen was drawn last, and how many seconds that took
        self._drawn, self._cost = float("-inf"), 0.0

    async def show(self, _: WatchGroup) -> None:
        """
        Run until it is left.

        Raises:
            Exception: the screen failed; the terminal is as it was before.
        """
        await self.run_async(mouse=False)
        if self._exception is not None:
            raise self._exception

    def _fatal_error(self) -> None:
        """End after a bug without a traceback of its own, which would show local variables, keys among them."""
        self._close_messages_no_wait()

    # -- widgets

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        yield Static(id="title")
        yield Static(id="head")
        yield OptionList(id="accounts")
        yield Static(id="total")
        yield Input(placeholder="filter: a part of an account, a venue, a state or a symbol", id="filter")
        yield Footer()

    def on_mount(self) -> None:
        """Draw, and go on drawing when there are news or ages have changed."""
        # textual has tasks begin within their making, from Python 3.12 on; those of the accounts begin as everywhere
        asyncio.get_running_loop().set_task_factory(None)
        self.query_one(OptionList).focus()
        self._draw()
        self.set_interval(_LOOK, self._look)

    def on_resize(self) -> None:
        """Fit the lines into the new width."""
        self._draw()

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._drawn + _REST * self._cost:
            return
        if self._group.take_news() or now - self._drawn >= _AGES:
            self._draw()
            self._cost = asyncio.get_running_loop().time() - now

    def _draw(self) -> None:
        self._drawn = asyncio.get_running_loop().time()
        if isinstance(self.screen, _TextScreen):
            self.screen.draw()
            return
        if not all(map(self.query, _DRAWN)):
            return  # the screen is being taken down, one widget after another
        width = self.size.width
        summaries = self._group.summaries()
        self._shown = sort_summaries(filter(self._fits, summaries), self._sort, is_reversed=self._is_reversed)
        order = f"by {self._sort}{', reversed' if self._is_reversed else ''}"
        number = f"{len(self._shown)} of {len(summaries)}" if self._filter else str(len(summaries))
        pace = f"marks every {self._group.interval:g} s"
        self._put(
            "#title", f"venuekit watch  {self._group.now():%H:%M:%S}Z  {number} accounts  {order}  {pace}", "bold"
        )
        self._put("#head", overview_head(width), "dim")
        self._put("#total", f"{totals_text(summaries)}   - unknown  ~ may be stale", "dim")
        self._draw_list(width)

    def _put(self, selector: str, text: str, style: str) -> None:
        self.query_one(selector, Static).update(Text(text, style=style, no_wrap=True, overflow="ellipsis"))

    def _draw_list(self, width: int) -> None:
        """Draw the accounts; the highlighted one stays highlighted wherever it is now."""
        options = self.query_one(OptionList)
        prompts = {summary.name: _text(overview_lines(summary, width)) for summary in self._shown}
        if [option.id for option in options.options] == list(prompts):
            for index, prompt in enumerate(prompts.values()):
                options.replace_option_prompt_at_index(index, prompt)
            return
        chosen = self._chosen
        options.set_options([Option(prompt, id=name) for name, prompt in prompts.items()])
        if prompts:
            options.highlighted = list(prompts).index(chosen) if chosen in prompts else 0

    def _fits(self, summary: AccountSummary) -> bool:
        symbols = (one.position.symbol for one in summary.positions or ())
        return any(self._filter in text.lower() for text in (summary.name, summary.venue, summary.state, *symbols))

    @property
    def _chosen(self) -> str | None:
        """The name of the highlighted account, None without one."""
        option = self.query_one(OptionList).highlighted_option
        return None if option is None else option.id

    # -- keys

    async def action_quit(self) -> None:
        """Leave the screen."""
        self.exit(Status.DONE)

    def action_interrupt(self) -> None:
        """Leave the screen as Ctrl-C ends any command."""
        self.exit(Status.INTERRUPTED)

    def action_sort(self) -> None:
        """Sort by the next column."""
        names = list(_SORTS)
        self._sort = names[(names.index(self._sort) + 1) % len(names)]
        self._draw()

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._is_reversed = not self._is_reversed
        self._draw()

    def action_filter(self) -> None:
        """Ask for a text that the shown accounts have."""
        field = self.query_one(Input)
        field.add_class("shown")
        field.focus()

    def action_clear(self) -> None:
        """Show all accounts again."""
        self.query_one(Input).value = ""
        self._leave_filter()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while the text is typed."""
        self._filter = event.value.strip().lower()
        self._draw()

    def on_input_submitted(self) -> None:
        """Go back to the list, which stays filtered."""
        self._leave_filter()

    def _leave_filter(self) -> None:
        field = self.query_one(Input)
        field.set_class(bool(field.value), "shown")
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show one account."""
        self._open(str(event.option.id))

    def _open(self, name: str) -> None:
        watched = next(one for one in self._group.accounts if one.name == name)
        self.push_screen(_TextScreen(lambda width: detail_lines(self._group.summary(watched), width)))

    def action_events(self) -> None:
        """Show the last events of all accounts, the newest first."""
        if isinstance(self.screen, _EventScreen):
            self.screen.dismiss()
        else:
            self.push_screen(_EventScreen(lambda _: self._event_lines()))

    def _event_lines(self) -> list[TextLine]:
        changes = [(watched, change) for watched in self._group.accounts for change in watched.events]
        changes.sort(key=lambda pair: pair[1].status.since if pair[1].event is None else pair[1].event.received_at)
        texts = [event_text(watched.name, watched.entry.venue, change) for watched, change in changes[-_EVENTS:]]
        return [
            TextLine(f"the last {len(texts)} events, the newest first", "bold"),
            *map(TextLine, reversed(texts)),
        ]


class _EventScreen(_TextScreen):
    """The last events."""

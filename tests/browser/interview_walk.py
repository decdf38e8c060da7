"""An interview as somebody goes through it in the browser, from a story to a confirmed card."""

import re

from playwright.sync_api import Page, expect

from tests.browser.screen import settle
from tests.core.interviews import CARD, STORY

NOTICED = ("when she changed her words", "what she asked", "pauses")


def question(page: Page, words: str) -> None:
    """Wait for a question; it has the focus, or its field has."""
    expect(page.locator(".st-key-question")).to_contain_text(words)


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).first.click()
    settle(page)


def write(page: Page, text: str, words: str) -> None:
    """Answer a question as somebody does who looks at nothing but the field."""
    question(page, words)
    field = page.locator(".st-key-answers").get_by_label(re.compile(words))
    expect(field).to_have_count(1)  # the field of the step before may stand beside it for a moment
    field.fill(text)
    press(page, "Go on")


def about(page: Page, thing: str) -> None:
    expect(page.get_by_text(f"You paid attention to this: {thing}")).to_be_visible()


def tell_a_value(page: Page, *, take_first: bool = False) -> None:
    """From the story to the card as it is about to be confirmed.

    Parameters
    ----------
    take_first : bool
        Take what the assistant proposes for the first policy, instead of writing it.
    """
    write(page, STORY, "Which time in your own life")
    write(page, "\n".join(NOTICED), "What did you pay attention to")
    for thing in NOTICED:
        about(page, thing)
        press(page, "Yes, I still would")
    for number, (thing, policy) in enumerate(zip(NOTICED, CARD.policies, strict=True)):
        about(page, thing)
        if take_first and number == 0:
            proposals = page.locator(".st-key-proposals")
            expect(proposals).to_contain_text(policy)
            expect(proposals).to_contain_text("Proposed by the assistant")
            proposals.get_by_role("button", name="Take it as it is").click()
        else:
            write(page, policy, "How would you say it")
    question(page, "Which of it would you like to change")
    press(page, "Go on")
    write(page, CARD.description, "Which moment shows")
    write(page, CARD.title, "What would you call")
    question(page, "Does this card say what you mean")

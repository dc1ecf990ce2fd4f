# SPDX-License-Identifier: MIT
"""Who may write, by the permissions of users."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User

from eoxserver.conf.schema import Settings
from eoxserver.plugins.manager import Plugins
from eoxserver.resources import permissions

pytestmark = pytest.mark.integration


@pytest.fixture
def plugins(database: Settings) -> Plugins:
    User.objects.create_superuser("root")
    User.objects.create_user("nobody")
    User.objects.create_superuser("gone", is_active=False)
    writer = User.objects.create_user("writer")
    writer.user_permissions.add(Permission.objects.get(codename="add_coverage"))
    keeper = Group.objects.create(name="keepers")
    keeper.permissions.add(Permission.objects.get(codename="administer"))
    User.objects.create_user("keeper").groups.add(keeper)
    return Plugins.from_modules([permissions])


@pytest.mark.parametrize(
    ("actor", "actions"),
    [
        (None, {"read"}),
        ("nobody", {"read"}),
        ("stranger", {"read"}),
        ("gone", {"read"}),
        ("writer", {"read", "insert"}),
        ("keeper", {"read", "admin"}),
        ("root", {"read", "insert", "update", "delete", "admin"}),
    ],
)
def test_users_do_what_they_may(plugins: Plugins, actor: str | None, actions: set[str]) -> None:
    every = ("read", "insert", "update", "delete", "admin", "dance")
    assert {action for action in every if plugins.authorize(actor, action, None)} == actions
    assert plugins.authorize(actor, "insert", "a") == ("insert" in actions)


def test_what_is_granted_or_taken_counts_at_once(plugins: Plugins) -> None:
    user, group = User.objects.get(username="nobody"), Group.objects.create(name="writers")
    right = Permission.objects.get(codename="change_coverage")

    def may() -> bool:
        return plugins.authorize("nobody", "update", "a")

    assert not may()
    user.user_permissions.add(right)
    assert may()
    user.user_permissions.remove(right)
    assert not may()
    user.groups.add(group)
    assert not may()
    group.permissions.add(right)
    assert may()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not may()
    User.objects.filter(pk=user.pk).update(is_active=True)
    group.delete()
    assert not may()
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    assert may()
    user.delete()
    assert not may()

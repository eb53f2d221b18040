"""What people do to a room: who comes and goes, what the bot is in it, and what kind of chat it becomes."""

from bot.playground import shapes
from bot.playground.cast import AS_GROUP, Person
from bot.playground.chats import Chats
from bot.playground.markup import Json
from bot.playground.people import Impossible, People
from bot.playground.records import FIRST_SUPERGROUP, Group, Message, Topic

SUPERGROUPS = FIRST_SUPERGROUP - 2_200_000_000
NOTICES = ("to", "from", "member")
NO_RIGHT_TO_BE = {"is_member": False, "can_send_messages": False}


class Rooms:
    """The groups, as those who live in them run them."""

    def __init__(self, chats: Chats, people: People) -> None:
        """Change these chats for these people."""
        self._chats = chats
        self._people = people
        self._world = chats.world

    def described(self, group: Group) -> Json:
        """Return a room for a script."""
        return {
            "chat": group.id,
            "type": "supergroup" if group.is_super else "group",
            "title": group.title,
            "was": group.moved_from,
            "bot": group.bot if group.bot != "restricted" else {"restricted": group.bot_may},
            "members": [self._world.people[one].name for one in group.members],
            "admins": [self._world.people[one].name for one in group.members if group.leads(one)],
            "auto_delete": group.vanish_after,
            "topics": [vars(one) for one in group.topics] if group.topics is not None else None,
        }

    # -- Who is in it ---------------------------------------------------------

    def come(self, person: Person, group: Group, by: Person | None = None) -> None:
        """Let somebody come in by themselves, or be added."""
        if person.id in group.members:
            raise Impossible(f"{person.first_name} is already in {group.title}.")
        self._must_be_in(by, group)
        before = shapes.member(self._world, group, person.id)
        group.members.append(person.id)
        group.banned = [one for one in group.banned if one != person.id]
        self._tell_of(person, group, by or person, before)
        user = shapes.user(self._world, person.id)
        self._chats.announce(group, (by or person).id, {"new_chat_members": [user]})
        self._world.keep(group)

    def go(self, person: Person, group: Group, by: Person | None = None) -> None:
        """Let somebody leave, or be removed."""
        if person.id not in group.members:
            raise Impossible(f"{person.first_name} is not in {group.title}.")
        self._must_be_in(by, group)
        before = shapes.member(self._world, group, person.id)
        group.members.remove(person.id)
        group.admins = [one for one in group.admins if one != person.id]
        if by is not None and by.id != person.id and group.is_super:
            group.banned.append(person.id)
        self._tell_of(person, group, by or person, before)
        user = shapes.user(self._world, person.id)
        self._chats.announce(group, (by or person).id, {"left_chat_member": user})
        self._world.keep(group)

    def make_admin(self, person: Person, group: Group, by: Person, *, admin: bool) -> None:
        """Make somebody an admin, or a plain member again."""
        self._people.insist_on(person, group)
        if not group.leads(by.id):
            raise Impossible(f"{by.first_name} is no admin of {group.title}.")
        if person.id == group.maker or admin == (person.id in group.admins):
            raise Impossible(f"{person.first_name} is that already in {group.title}.")
        before = shapes.member(self._world, group, person.id)
        group.admins = [*group.admins, person.id] if admin else [x for x in group.admins if x != person.id]
        self._tell_of(person, group, by, before)
        self._world.keep(group)

    def _must_be_in(self, by: Person | None, group: Group) -> None:
        if by is not None:
            self._people.insist_on(by, group)

    def _tell_of(self, person: Person, group: Group, by: Person, before: Json) -> None:
        if group.bot == "administrator":
            after = shapes.member(self._world, group, person.id)
            self._chats.updates.tell("chat_member", self._chats.change(group.id, by.id, before, after))

    # -- What our bot is in it ------------------------------------------------

    def bring_bot(self, person: Person, group: Group, status: str) -> None:
        """Add the bot, make it an admin or a member again, or remove it."""
        self._people.insist_on(person, group)
        if group.bot == status:
            raise Impossible(f"The bot is {status} in {group.title} already.")
        self._chats.bot_becomes(group, status, by=person.id)

    def restrict_bot(self, person: Person, group: Group, may: dict[str, bool]) -> None:
        """Restrict the bot, which may then be in the room or not, and write or not."""
        self._people.insist_on(person, group)
        if not group.is_super:
            raise Impossible("Only in a supergroup can one member be restricted: let the room migrate first.")
        self._chats.bot_becomes(group, "restricted", by=person.id, may=NO_RIGHT_TO_BE | may)

    def mute(self, person: Person, group: Group, *, muted: bool) -> None:
        """Let only admins write, or everybody again; the bot is told nothing of it."""
        self._people.insist_on(person, group)
        group.muted = muted
        self._world.keep(group)

    def another_bot_writes(self, group: Group) -> None:
        """Let some other bot have written last: bare commands are no longer for ours."""
        group.other_bot_wrote = True
        self._world.keep(group)

    # -- What kind of chat it is ----------------------------------------------

    def migrate(self, person: Person, old: Group, notices: list[str]) -> Group:
        """Let a group become a supergroup: another chat, in which message ids begin anew."""
        self._people.insist_on(person, old)
        if old.is_super:
            raise Impossible(f"{old.title} is a supergroup already.")
        self._check(notices)
        new = Group(
            SUPERGROUPS - self._world.number("supergroup"),
            old.title,
            list(old.members),
            old.maker,
            bot=old.bot,
            other_bot_wrote=old.other_bot_wrote,
            admins=list(old.admins),
            muted=old.muted,
            moved_from=old.id,
            vanish_after=old.vanish_after,
        )
        heard = old.has_bot
        self._world.add(self._world.groups, new)
        old.moved_to = new.id
        self._world.keep(old)
        self._chats.write(old.id, person.id, service={"migrate_to_chat_id": new.id}, heard=heard)
        mask = {"sender_chat": shapes.chat(self._world, new.id)}
        came = {"migrate_from_chat_id": old.id}
        self._chats.write(new.id, AS_GROUP, service=came, extra=mask, writer=person.id, heard=heard)
        self.tell_of_migration(person, new, notices)
        return new

    def tell_of_migration(self, person: Person, new: Group, notices: list[str]) -> None:
        """Tell the bot that a group has moved, by these notices in this order, as often as they are named."""
        if new.moved_from is None:
            raise Impossible(f"{new.title} was never another chat.")
        self._check(notices)
        for notice in notices if new.has_bot else []:
            if notice == "to":
                self._chats.tell_message(self._service(new.moved_from, "migrate_to_chat_id"))
            elif notice == "from":
                self._chats.tell_message(self._service(new.id, "migrate_from_chat_id"))
            else:
                before = {"status": "left", "user": shapes.bot_member(self._world, new)["user"]}
                self._chats.tell_of_bot(new, person.id, before)

    def _service(self, chat: int, name: str) -> Message:
        return next(one for one in self._world.messages[chat].values() if one.service and name in one.service)

    def _check(self, notices: list[str]) -> None:
        if any(notice not in NOTICES for notice in notices):
            raise Impossible(f"A notice of a move is one of {', '.join(NOTICES)}.")

    def become_forum(self, group: Group, *, forum: bool) -> None:
        """Let a supergroup have topics, or none any more."""
        if not group.is_super:
            raise Impossible("Only a supergroup can have topics: let the room migrate first.")
        if forum == (group.topics is not None):
            raise Impossible(f"{group.title} is {'already' if forum else 'not'} a forum.")
        group.topics = [] if forum else None
        self._world.keep(group)

    def begin_topic(self, person: Person, group: Group, name: str) -> int:
        """Begin a topic, and return its id."""
        self._people.insist_on(person, group)
        if group.topics is None:
            raise Impossible(f"{group.title} is not a forum.")
        number = group.next_message  # the service message that begins a topic has its id, and stands in it
        group.topics.append(Topic(number, name))
        created = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
        self._chats.announce(group, person.id, created, topic=number)
        return number

    def change_topic(self, person: Person, group: Group, number: int, change: str) -> None:
        """Close a topic, open it again, or delete it with all that stands in it."""
        self._people.insist_on(person, group)
        topic = group.topic(number)
        if topic is None:
            raise Impossible(f"In {group.title} there is no topic {number}.", 404)
        if change == "deletes":
            topic.deleted = True
            for message in self._world.talk(group.id):
                if message.topic == number:
                    self._chats.erase(message)
        else:
            topic.closed = change == "closes"
            service: Json = {"forum_topic_closed" if topic.closed else "forum_topic_reopened": {}}
            self._chats.announce(group, person.id, service, topic=number)
        self._world.keep(group)

    def let_vanish(self, person: Person, chat: int, seconds: int) -> None:
        """Set the timer after which messages of a chat vanish; 0 ends it. What stands there already stays."""
        place = self._world.groups.get(chat) or self._world.lanes.get(chat)
        if place is None or not self._people.is_in(person, chat):
            raise Impossible(f"{person.first_name} is not there.", 404)
        changed: Json = {"message_auto_delete_timer_changed": {"message_auto_delete_time": seconds}}
        message = self._chats.write(chat, person.id, service=changed, heard=self._chats.heeds(chat))
        if message.heard:
            self._chats.tell_message(message)
        place.vanish_after = seconds
        self._world.keep(place)

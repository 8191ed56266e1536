import pytest
from harness import HOUR, Session, Tenant, assert_refused

DAY = 24 * HOUR


def assert_problem(problem, tenant, token):
    response = assert_refused(
        "BadRequestException", None, tenant.data.get_latest_configuration, ConfigurationToken=token
    )
    assert response["Error"]["Message"]
    assert response["Reason"] == "InvalidParameters"
    assert response["Details"] == {"InvalidParameters": {"ConfigurationToken": {"Problem": problem}}}


@pytest.fixture
def published(channel):
    channel.publish(b"content")
    return channel


@pytest.mark.parametrize("place", [0, 1, 2, 3, 5, 10, 20, 40, -20, -5, -2, -1])
def test_a_token_with_one_character_changed_is_corrupted(tenant, published, place):
    token = published.open_session().token
    characters = list(token)
    characters[place] = "A" if characters[place] != "A" else "B"
    assert_problem("Corrupted", tenant, "".join(characters))
    assert Session(tenant, token).poll() == b"content"


@pytest.mark.parametrize("length", [1, 2, 3, 4, 8, 16, 32, -4, -3, -2, -1])
def test_a_truncated_token_is_corrupted(tenant, published, length):
    assert_problem("Corrupted", tenant, published.open_session().token[:length])


def test_a_lengthened_token_is_corrupted(tenant, published):
    token = published.open_session().token
    for longer in (token + "A", token + "AAAA", token + "=", "A" + token, token + token):
        assert_problem("Corrupted", tenant, longer)


@pytest.mark.parametrize("token", ["x", "not-a-token", "AAAA" * 30, "AYABeA==", "_" * 8192, "ünïcödé", "a+b/c=", "';--"])
def test_an_invented_token_is_corrupted(tenant, published, token):
    assert_problem("Corrupted", tenant, token)


def test_two_tokens_do_not_mix(tenant, published):
    one, other = published.open_session().token, published.open_session().token
    half = len(one) // 2
    assert_problem("Corrupted", tenant, one[:half] + other[half:])


def test_a_token_of_another_server_is_corrupted(tenant, published, own_server):
    there = Tenant(own_server(), tenant.account).channel()
    there.publish(b"content")
    assert_problem("Corrupted", tenant, there.open_session().token)


def test_a_token_lives_for_24_hours(tenant, published):
    initial, fresh, late = published.open_session(), published.open_session(), published.open_session()
    fresh.poll()
    late.poll()
    tenant.server.advance(DAY - 60)
    assert fresh.poll() == b""
    assert fresh.token
    tenant.server.advance(120)
    assert_problem("Expired", tenant, initial.token)
    assert_problem("Expired", tenant, late.token)
    # What was handed out meanwhile is younger.
    assert fresh.poll() == b""


def test_an_old_token_stays_refused(tenant, published):
    session = published.open_session()
    tenant.server.advance(DAY + 12 * HOUR)
    assert_problem("Expired", tenant, session.token)
    tenant.server.advance(10 * DAY)
    assert_refused(
        "BadRequestException", None, tenant.data.get_latest_configuration, ConfigurationToken=session.token
    )
    assert published.open_session().poll() == b"content"


def test_a_session_with_the_longest_interval_can_be_kept(tenant, published):
    session = published.open_session(DAY)
    assert session.poll() == b"content"
    tenant.server.advance(DAY)
    assert session.poll() == b""


def test_a_session_that_polls_lives_for_as_long_as_it_likes(tenant, published):
    session = published.open_session(3600)
    assert session.poll() == b"content"
    for _ in range(12):
        tenant.server.advance(DAY // 2)
        assert session.poll() == b""
    published.publish(b"changed")
    tenant.server.advance(3600)
    assert session.poll() == b"changed"


def test_a_retry_at_once_gets_the_same_answer(tenant, published):
    session = published.open_session()
    token = session.token
    assert session.poll() == b"content"
    again = Session(tenant, token)
    assert again.poll() == b"content"
    tenant.server.advance(15)
    assert again.poll() == b""


def test_a_retry_of_a_later_poll_gets_the_same_answer(tenant, published):
    session = published.open_session()
    session.poll()
    published.publish(b"changed")
    tenant.server.advance(15)
    token = session.token
    assert session.poll() == b"changed"
    again = Session(tenant, token)
    assert again.poll() == b"changed"


def test_a_second_use_after_the_grace_is_refused(tenant, published):
    session = published.open_session()
    initial = session.token
    session.poll()
    tenant.server.advance(15)
    second = session.token
    session.poll()
    tenant.server.advance(HOUR)
    for used in (initial, second):
        response = assert_refused(
            "BadRequestException", None, tenant.data.get_latest_configuration, ConfigurationToken=used
        )
        assert response["Reason"] == "InvalidParameters"
    assert session.poll() == b""


def test_a_token_may_be_used_again_where_the_operator_allows_it(own_server):
    server = own_server("--token-reuse", "allow")
    channel = Tenant(server).channel()
    channel.publish(b"content")
    initial = channel.open_session().token
    for _ in range(3):
        assert Session(channel.tenant, initial).poll() == b"content"
        server.advance(HOUR)


def test_no_two_sessions_have_the_same_token(published):
    tokens = {published.open_session().token for _ in range(50)}
    assert len(tokens) == 50

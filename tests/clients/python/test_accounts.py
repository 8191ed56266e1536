"""The access key says which account, the credential scope which region; state is kept by both."""

from harness import Tenant, assert_refused


def test_accounts_do_not_see_each_other(server):
    one, other = Tenant(server), Tenant(server)
    mine = one.application("shop")
    assert other.control.list_applications()["Items"] == []
    for identifier in (mine, "shop"):
        assert_refused(
            "ResourceNotFoundException",
            f"Application with Id {identifier} could not be found for account {other.account}.",
            other.control.get_application,
            ApplicationId=identifier,
        )
    assert other.application("shop") != mine


def test_regions_do_not_see_each_other(server):
    here = Tenant(server)
    there = Tenant(server, here.account, region="ap-southeast-2")
    here.channel().publish(b"here")
    channel = there.channel()
    channel.publish(b"there")
    assert channel.open_session().poll() == b"there"
    assert len(there.control.list_applications()["Items"]) == 1


def test_a_session_is_looked_for_in_its_own_account(server):
    one, other = Tenant(server), Tenant(server)
    # Three names that look like ids would be taken for a deployment's address.
    channel = one.channel("the shop")
    channel.publish(b"content")
    response = assert_refused(
        "ResourceNotFoundException", None, other.data.start_configuration_session, **channel.identifiers
    )
    assert response["ResourceType"] == "Application"


def test_any_other_access_key_is_the_account_of_zeros(server):
    for key in ("test", "AKIAEXAMPLEEXAMPLE77", "12345678901", "1234567890123"):
        assert_refused(
            "ResourceNotFoundException",
            "Application with Id zzzzzzz could not be found for account 000000000000.",
            Tenant(server, key).control.get_application,
            ApplicationId="zzzzzzz",
        )


def test_everyone_has_the_predefined_strategies(server):
    items = Tenant(server).control.list_deployment_strategies()["Items"]
    assert len(items) == 4

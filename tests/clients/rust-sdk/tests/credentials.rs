//! AWS's Rust SDK against checked credentials.

mod server;

use aws_sdk_appconfig::error::ProvideErrorMetadata;
use server::Server;

#[tokio::test]
async fn a_key_is_let_in_and_held_to_its_policies() {
    let (server, [admin, reader]) =
        Server::start_checked([("admin", "TidegateFullAccess"), ("reader", "TidegateReadConfigurations")]);
    let control = server.control_as(&admin.0, &admin.1);
    let shop = control.create_application().name("Läden & more").send().await.unwrap();
    let found = control.get_application().application_id(shop.id().unwrap()).send().await.unwrap();
    assert_eq!(found.name(), Some("Läden & more"));

    let denied = server.control_as(&reader.0, &reader.1).list_applications().send().await.unwrap_err();
    assert_eq!(denied.code(), Some("AccessDeniedException"));
    let message = denied.message().unwrap_or_default();
    assert!(message.contains("user/reader is not authorized to perform: appconfig:ListApplications"), "{message}");
    let wrong = server.control_as(&admin.0, "wrong").list_applications().send().await.unwrap_err();
    assert_eq!(wrong.code(), Some("InvalidSignatureException"));
    let unknown = server.control_as("AKIAUNKNOWNUNKNOWN22", &admin.1).list_applications().send().await.unwrap_err();
    assert_eq!(unknown.code(), Some("UnrecognizedClientException"));
}

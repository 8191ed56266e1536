//! What the tests share: binding by operation rather than by type, and requests made from the shapes.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod sample;

use tidegate_model::{Input, Operation, appconfig, appconfigdata};
use tidegate_wire::{Failure, Request, bind};

/// Every operation of the table.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    appconfig::OPERATIONS.iter().chain(appconfigdata::OPERATIONS).copied()
}

/// Binds to the operation's own type and forgets the result.
pub fn bind_typed(operation: &'static Operation, request: &Request<'_>) -> Result<(), Failure> {
    macro_rules! among {
        ($($module:ident: $($request:ident)*;)*) => {
            $($(
                if std::ptr::eq(operation, <$module::$request as Input>::OPERATION) {
                    return bind::<$module::$request>(request).map(drop);
                }
            )*)*
        };
    }
    among! {
        appconfig: CreateApplicationRequest CreateConfigurationProfileRequest CreateDeploymentStrategyRequest CreateEnvironmentRequest CreateExperimentDefinitionRequest CreateExtensionRequest CreateExtensionAssociationRequest CreateHostedConfigurationVersionRequest DeleteApplicationRequest DeleteConfigurationProfileRequest DeleteDeploymentStrategyRequest DeleteEnvironmentRequest DeleteExperimentDefinitionRequest DeleteExtensionRequest DeleteExtensionAssociationRequest DeleteHostedConfigurationVersionRequest GetAccountSettingsRequest GetApplicationRequest GetConfigurationRequest GetConfigurationProfileRequest GetDeploymentRequest GetDeploymentStrategyRequest GetEnvironmentRequest GetExperimentDefinitionRequest GetExperimentRunRequest GetExtensionRequest GetExtensionAssociationRequest GetHostedConfigurationVersionRequest ListApplicationsRequest ListConfigurationProfilesRequest ListDeploymentStrategiesRequest ListDeploymentsRequest ListEnvironmentsRequest ListExperimentDefinitionsRequest ListExperimentRunEventsRequest ListExperimentRunsRequest ListExtensionAssociationsRequest ListExtensionsRequest ListHostedConfigurationVersionsRequest ListTagsForResourceRequest StartDeploymentRequest StartExperimentRunRequest StopDeploymentRequest StopExperimentRunRequest TagResourceRequest UntagResourceRequest UpdateAccountSettingsRequest UpdateApplicationRequest UpdateConfigurationProfileRequest UpdateDeploymentStrategyRequest UpdateEnvironmentRequest UpdateExperimentDefinitionRequest UpdateExperimentRunRequest UpdateExtensionRequest UpdateExtensionAssociationRequest ValidateConfigurationRequest;
        appconfigdata: GetLatestConfigurationRequest StartConfigurationSessionRequest;
    }
    panic!("add the request of {} to the list above", operation.name)
}

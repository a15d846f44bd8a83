//! The program's door: what stands behind it is replaced at once, as by a restart on the same address.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, RwLock},
    task::{Context, Poll},
};

use axum::{Router, extract::Request, response::Response};
use tower::{Service, ServiceExt};

#[derive(Clone)]
pub struct Front(Arc<RwLock<Router>>);

impl Front {
    pub fn before(program: Router) -> Self {
        Self(Arc::new(RwLock::new(program)))
    }

    /// Requests go to `program` from now on, those on old connections too.
    pub fn set(&self, program: Router) {
        *self.0.write().unwrap() = program;
    }
}

impl Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Box::pin(self.0.read().unwrap().clone().oneshot(request))
    }
}

"""The way of a batch from a gateway's announcement to core: pull, stage, audit, publish, replay, reconcile."""

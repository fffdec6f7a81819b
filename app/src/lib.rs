//! What browser and server share: pages, components, server functions.

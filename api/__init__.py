"""HTTP routes beside the pages: sign in and out, export streams, health."""

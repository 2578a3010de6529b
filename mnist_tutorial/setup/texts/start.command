#!/bin/sh
# macOS: a double click runs this, in a window that stays.
exec sh "$(dirname "$0")/start.sh" "$@"

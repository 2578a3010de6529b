#!/bin/sh
# Linux and macOS: sh start.sh [FOLDER]
kit=$(cd "$(dirname "$0")" && pwd)
for python in "$PYTHON" python@PYTHON@ python3 python \
  /Library/Frameworks/Python.framework/Versions/@PYTHON@/bin/python3 /opt/homebrew/bin/python@PYTHON@; do
  if [ -n "$python" ] &&
    [ "$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = @PYTHON@ ]; then
    exec "$python" "$kit/start.py" "$@"
  fi
done
echo "error: found no Python @PYTHON@; get it from https://www.python.org/downloads/, or set PYTHON to where it is" >&2
exit 1

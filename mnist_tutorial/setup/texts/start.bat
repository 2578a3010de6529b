@echo off
rem Windows: a double click, or start.bat [FOLDER]. Nothing is expanded late, and no path stands within parentheses, so
rem that folders may have any name.
setlocal DisableDelayedExpansion
chcp 65001 >nul
set "PYTHONUTF8=1"
py -@PYTHON@ -c "" >nul 2>nul
if not errorlevel 1 goto launcher
rem Where no Python is installed, "python" leads to the Microsoft Store; with arguments it only fails.
python -c "import sys; sys.exit(sys.version_info[:2] != tuple(map(int, '@PYTHON@'.split('.'))))" >nul 2>nul
if not errorlevel 1 goto path
echo error: found no Python @PYTHON@; get it from https://www.python.org/downloads/
goto failed
:launcher
py -@PYTHON@ "%~dp0start.py" %*
if errorlevel 1 goto failed
exit /b 0
:path
python "%~dp0start.py" %*
if errorlevel 1 goto failed
exit /b 0
:failed
pause
exit /b 1

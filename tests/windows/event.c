/* What a test of the Windows program needs and no command of Wine does.

   event.exe EVENT FILE COMMAND...   starts a command, says its process, sends it an event (0 Ctrl-C, 1 Ctrl-Break, 2 the
                                     console is closed, 6 the machine shuts down) once FILE is there, and ends as it does
   event.exe hold FILE UNTIL         has FILE open as a spreadsheet has, sharing it with nobody, until UNTIL is there

   The event is sent as the system sends it: a thread of the process begins at CtrlRoutine. */
#include <stdio.h>
#include <windows.h>

static void until(const wchar_t *file, HANDLE process) {
    while (GetFileAttributesW(file) == INVALID_FILE_ATTRIBUTES) {
        if (process && WaitForSingleObject(process, 0) == WAIT_OBJECT_0) return;
        Sleep(20);
    }
}

static int failed(const char *what) {
    fprintf(stderr, "event.exe: %s: error %lu\n", what, GetLastError());
    return 99;
}

static int hold(const wchar_t *file, const wchar_t *end) {
    if (CreateFileW(file, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE) return failed("open");
    fprintf(stderr, "held\n");
    until(end, NULL);
    return 0;
}

int wmain(int argc, wchar_t **argv) {
    STARTUPINFOW start = { sizeof start };
    PROCESS_INFORMATION child;
    wchar_t line[4096] = L"";
    DWORD code = 0;
    if (argc < 4) return failed("arguments");
    if (!wcscmp(argv[1], L"hold")) return hold(argv[2], argv[3]);
    for (int n = 3; n < argc; n++) {
        wcscat(line, n > 3 ? L" \"" : L"\"");
        wcscat(line, argv[n]);
        wcscat(line, L"\"");
    }
    void *routine = (void *)GetProcAddress(GetModuleHandleA("kernelbase"), "CtrlRoutine");
    if (!routine) return failed("CtrlRoutine");
    /* Its number is told before it can say anything itself. */
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &start, &child)) return failed("start");
    fprintf(stderr, "process=%lu\n", child.dwProcessId);
    ResumeThread(child.hThread);
    CloseHandle(child.hThread);
    until(argv[2], child.hProcess);
    if (!CreateRemoteThread(child.hProcess, NULL, 0, routine, (void *)(ULONG_PTR)_wtoi(argv[1]), 0, NULL)) return failed("event");
    if (WaitForSingleObject(child.hProcess, 60000) != WAIT_OBJECT_0) {
        TerminateProcess(child.hProcess, 98);
        return failed("it does not end");
    }
    GetExitCodeProcess(child.hProcess, &code);
    return (int)code;
}

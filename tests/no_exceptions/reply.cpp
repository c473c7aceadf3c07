// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Compiled without exceptions: to ask for a value that is not there ends the program, and says why.

#include <pop3/reply.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace {

/// What the program said when it ended in a way that it should not.
template <class F>
std::string last_words(F f)
{
    int ends[2];
    if (pipe(ends) != 0)
        return "no pipe";
    const auto child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        f();
        _exit(0);
    }
    close(ends[1]);
    std::string said;
    char octet;
    while (read(ends[0], &octet, 1) == 1)
        said += octet;
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? said : "it went on";
}

bool has(const std::string& said, const char* words)
{
    std::fputs(said.c_str(), stdout);
    return said.find(words) != std::string::npos;
}

} // namespace

int main()
{
    const pop3::reply<std::string> refused = pop3::refusal("STAT", pop3::response_code::none, "", "not now");
    const pop3::reply<void> none;
    const bool ok = has(last_words([&] { (void)*refused; }), "STAT refused: not now") &&
                    has(last_words([&] { (void)refused->size(); }), "STAT refused: not now") &&
                    has(last_words([&] { none.value(); }), "no reply");
    return ok ? 0 : 1;
}

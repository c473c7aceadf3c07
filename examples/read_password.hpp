// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

#include <termios.h>
#include <unistd.h>

namespace demo {

/// Switches the terminal's echo off while it lives.
class no_echo {
public:
    no_echo()
    {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0)
            throw std::runtime_error("there is no terminal to ask for the password: set POP3_PASSWORD");
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }

    no_echo(const no_echo&) = delete;
    no_echo& operator=(const no_echo&) = delete;

    ~no_echo()
    {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }

private:
    termios before_{};
};

/// The password, from the environment variable POP3_PASSWORD or from the terminal. Never from the command line,
/// which every user of the machine can read.
inline std::string read_password(const std::string& name)
{
    if (const char* given = std::getenv("POP3_PASSWORD"))
        return given;
    std::string password;
    {
        const no_echo guard;
        std::cerr << "Password of " << name << ": " << std::flush;
        std::getline(std::cin, password);
    }
    std::cerr << '\n';
    return password;
}

} // namespace demo

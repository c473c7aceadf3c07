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

/// Switches the terminal's echo off while it lives, and the signals of its keys as well: a program that Ctrl-C ended now
/// would leave the terminal without echo.
class no_echo {
public:
    no_echo()
    {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0)
            throw std::runtime_error("there is no terminal to ask for the password: set POP3_PASSWORD");
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
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
    std::string password;
    if (const char* given = std::getenv("POP3_PASSWORD")) {
        password = given;
    } else {
        const no_echo guard;
        std::cerr << "Password of " << name << ": " << std::flush;
        std::getline(std::cin, password);
        std::cerr << '\n';
    }
    constexpr char ctrl_c = 3;
    if (password.empty() || password.find(ctrl_c) != std::string::npos)
        throw std::runtime_error("no password was given");
    return password;
}

} // namespace demo

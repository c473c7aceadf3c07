// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// count_mail URL, such as pop://mrose@pop.example.org. The password is taken from the environment variable POP3_PASSWORD.

#include "count_mail.hpp"

#include <cstdlib>
#include <iostream>

int main(int argc, char** argv)
{
    const char* secret = std::getenv("POP3_PASSWORD");
    if (argc != 2 || secret == nullptr) {
        std::cerr << "usage: POP3_PASSWORD=... count_mail pop://USER@HOST\n";
        return 2;
    }
    try {
        const auto where = pop3::parse_url(argv[1]);
        const pop3::tls_context tls;
        std::cout << count_mail(tls, where, pop3::password(where.user, secret), 5, std::chrono::seconds(1))
                  << '\n';
    } catch (const std::exception& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}

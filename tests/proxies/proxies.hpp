// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// Real proxies for the integration tests: microsocks and Tinyproxy, each on a port of its own on loopback, ended with the object.
//
// POP3_PROXIES_DIR is the folder that provide.sh was given; the installed programs are used if it has none.

#include <pop3/config.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#ifndef POP3_PROXIES_DIR
#define POP3_PROXIES_DIR ""
#endif

extern char** environ;

namespace test {

/// A program that listens on loopback.
class proxy_program {
public:
    /// arguments: made of the port.
    proxy_program(const std::string& name,
                  const std::function<std::vector<std::string>(std::uint16_t)>& arguments)
    {
        const auto path = find(name);
        // Another program may take the port before this one does.
        for (int attempt = 0; attempt != 20; ++attempt) {
            port_ = unused_port();
            // A test program that is killed ends nothing.
            std::vector<std::string> words = {"timeout", "-k", "5", "900", path};
            for (const auto& a : arguments(port_))
                words.push_back(a);
            start(std::move(words));
            if (listens())
                return;
            end();
        }
        throw std::runtime_error(path + " does not start");
    }

    proxy_program(const proxy_program&) = delete;
    proxy_program& operator=(const proxy_program&) = delete;

    ~proxy_program()
    {
        end();
    }

    std::uint16_t port() const
    {
        return port_;
    }

private:
    static std::string find(const std::string& name)
    {
        const auto unpacked = std::filesystem::path(POP3_PROXIES_DIR) / "usr/bin" / name;
        std::error_code ec;
        for (const auto& path : {unpacked, "/usr/bin" / std::filesystem::path(name),
                                 "/usr/local/bin" / std::filesystem::path(name)})
            if (std::filesystem::exists(path, ec))
                return path.string();
        throw std::runtime_error(
            "no " + name + ", neither installed nor in '" POP3_PROXIES_DIR "': see tests/proxies/provide.sh");
    }

    static std::uint16_t unused_port()
    {
        asio::io_context context;
        return asio::ip::tcp::acceptor(context, {asio::ip::address_v4::loopback(), 0})
            .local_endpoint()
            .port();
    }

    void start(std::vector<std::string> words)
    {
        std::vector<char*> argv;
        for (auto& w : words)
            argv.push_back(w.data());
        argv.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        for (const int fd : {0, 1, 2})
            ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
        const int error = ::posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        if (error != 0)
            throw std::system_error(error, std::generic_category(), "cannot run " + words[0]);
    }

    bool listens()
    {
        asio::io_context context;
        for (int i = 0; i != 500; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
                pid_ = -1;
                return false;
            }
            std::error_code ec;
            asio::ip::tcp::socket(context).connect({asio::ip::address_v4::loopback(), port_}, ec);
            if (!ec)
                return true;
        }
        return false;
    }

    void end() noexcept
    {
        if (pid_ == -1)
            return;
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

    pid_t pid_ = -1;
    std::uint16_t port_ = 0;
};

/// A SOCKS5 proxy. With a name and a password if one is given.
class microsocks : public proxy_program {
public:
    explicit microsocks(const std::string& name = "", const std::string& secret = "")
        : proxy_program("microsocks", [&](std::uint16_t port) {
              std::vector<std::string> words = {"-i", "127.0.0.1", "-p", std::to_string(port)};
              if (!name.empty())
                  words.insert(words.end(), {"-u", name, "-P", secret});
              return words;
          })
    {
    }
};

/// An HTTP proxy, which connects to one port only. folder: for its configuration.
class tinyproxy : public proxy_program {
public:
    explicit tinyproxy(const std::filesystem::path& folder, std::uint16_t allowed,
                       const std::string& name = "", const std::string& secret = "")
        : proxy_program("tinyproxy", [&](std::uint16_t port) {
              const auto path = folder / ("tinyproxy-" + std::to_string(port) + ".conf");
              std::ofstream file(path);
              file << "Listen 127.0.0.1\nPort " << port << "\nAllow 127.0.0.1\nTimeout 60\nLogFile \""
                   << path.string() << ".log\"\nConnectPort " << allowed << '\n';
              if (!name.empty())
                  file << "BasicAuth " << name << ' ' << secret << '\n';
              return std::vector<std::string>{"-d", "-c", path.string()};
          })
    {
    }
};

} // namespace test

// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/file_system.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pop3 {

namespace detail {

/// The error of a call of the system that says -1; none if it says anything else.
inline std::error_code system_error(long long said)
{
    return said == -1 ? std::error_code(errno, std::generic_category()) : std::error_code();
}

class posix_file final : public file_system::file {
public:
    explicit posix_file(int descriptor) noexcept : descriptor_(descriptor)
    {
    }

    ~posix_file() override
    {
        ::close(descriptor_); // what was to be durable was synced before
    }

    std::size_t read(std::uint64_t offset, std::span<char> into, std::error_code& ec) override
    {
        const auto n = ::pread(descriptor_, into.data(), into.size(), static_cast<::off_t>(offset));
        ec = system_error(n);
        return ec ? 0 : static_cast<std::size_t>(n);
    }

    std::size_t write(std::span<const char> octets, std::error_code& ec) override
    {
        const auto n = ::write(descriptor_, octets.data(), octets.size());
        ec = system_error(n);
        return ec ? 0 : static_cast<std::size_t>(n);
    }

    void sync(std::error_code& ec) override
    {
#if defined(F_FULLFSYNC)
        ec = system_error(::fcntl(descriptor_, F_FULLFSYNC));
        if (!ec)
            return;
        ec = system_error(::fsync(descriptor_));
#else
        ec = system_error(::fdatasync(descriptor_));
#endif
    }

    std::uint64_t size(std::error_code& ec) override
    {
        struct ::stat is;
        ec = system_error(::fstat(descriptor_, &is));
        return ec ? 0 : static_cast<std::uint64_t>(is.st_size);
    }

    void truncate(std::uint64_t size, std::error_code& ec) override
    {
        ec = system_error(::ftruncate(descriptor_, static_cast<::off_t>(size)));
    }

    bool lock(std::error_code& ec) override
    {
        ec = system_error(::flock(descriptor_, LOCK_EX | LOCK_NB));
        const bool is_foreign = ec.value() == EWOULDBLOCK;
        if (is_foreign)
            ec.clear();
        return !ec && !is_foreign;
    }

private:
    int descriptor_;
};

class posix_files final : public file_system {
public:
    std::unique_ptr<file> open(const std::string& path, access how, std::error_code& ec) override
    {
        // Without waiting for the other end, if it is a pipe.
        const int descriptor = ::open(path.c_str(), flags_of(how) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
        ec = system_error(descriptor);
        if (ec)
            return nullptr;
        auto opened = std::make_unique<posix_file>(descriptor);
        struct ::stat is;
        ec = system_error(::fstat(descriptor, &is));
        if (!ec && !S_ISREG(is.st_mode))
            ec = std::make_error_code(S_ISDIR(is.st_mode) ? std::errc::is_a_directory
                                                          : std::errc::invalid_argument);
        return ec ? nullptr : std::move(opened);
    }

    void make_directory(const std::string& path, std::error_code& ec) override
    {
        ec = system_error(::mkdir(path.c_str(), 0700));
        struct ::stat is;
        if (ec.value() == EEXIST && ::stat(path.c_str(), &is) == 0 && S_ISDIR(is.st_mode))
            ec.clear();
    }

    void rename(const std::string& from, const std::string& to, std::error_code& ec) override
    {
        ec = system_error(::rename(from.c_str(), to.c_str()));
    }

    void link(const std::string& from, const std::string& to, std::error_code& ec) override
    {
        ec = system_error(::link(from.c_str(), to.c_str()));
    }

    void remove(const std::string& path, std::error_code& ec) override
    {
        ec = system_error(::unlink(path.c_str()));
    }

    void sync_directory(const std::string& path, std::error_code& ec) override
    {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ec = system_error(descriptor);
        if (ec)
            return;
        ec = system_error(::fsync(descriptor));
        ::close(descriptor);
        // Some file systems have nothing to sync there.
        if (ec.value() == EINVAL)
            ec.clear();
    }

    std::vector<std::string> list(const std::string& path, std::error_code& ec) override
    {
        struct closes {
            void operator()(::DIR* d) const noexcept
            {
                ::closedir(d);
            }
        };
        std::vector<std::string> names;
        const std::unique_ptr<::DIR, closes> directory(::opendir(path.c_str()));
        ec = directory ? std::error_code() : system_error(-1);
        while (!ec) {
            errno = 0;
            const auto* const entry = ::readdir(directory.get());
            if (entry == nullptr) {
                ec.assign(errno, std::generic_category());
                break;
            }
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..")
                names.emplace_back(name);
        }
        return names;
    }

    std::optional<std::uint64_t> size_of(const std::string& path, std::error_code& ec) override
    {
        struct ::stat is;
        ec = system_error(::stat(path.c_str(), &is));
        if (!ec)
            return static_cast<std::uint64_t>(is.st_size);
        if (ec.value() == ENOENT)
            ec.clear();
        return {};
    }

private:
    static int flags_of(access how) noexcept
    {
        switch (how) {
        case access::read:
            return O_RDONLY;
        case access::append:
            return O_RDWR | O_APPEND | O_CREAT;
        case access::create:
            return O_RDWR | O_APPEND | O_CREAT | O_EXCL;
        case access::lock:
            break;
        }
        return O_RDWR | O_CREAT;
    }
};

} // namespace detail

POP3_DECL file_system& system_files()
{
    static detail::posix_files instance;
    return instance;
}

namespace detail {

POP3_DECL void write_all(file_system::file& to, std::string_view octets, std::error_code& ec)
{
    ec.clear();
    while (!octets.empty()) {
        const auto n = to.write({octets.data(), octets.size()}, ec);
        if (!ec && n == 0)
            ec = std::make_error_code(std::errc::io_error); // it would go on for ever
        if (ec && ec != std::errc::interrupted)
            return;
        octets.remove_prefix((std::min)(n, octets.size()));
    }
    ec.clear();
}

POP3_DECL std::size_t read_some(file_system::file& from, std::uint64_t offset, std::span<char> into,
                                std::error_code& ec)
{
    std::size_t n = 0;
    do
        n = from.read(offset, into, ec);
    while (ec == std::errc::interrupted);
    return ec ? 0 : n;
}

POP3_DECL std::size_t read_full(file_system::file& from, std::uint64_t offset, std::span<char> into,
                                std::error_code& ec)
{
    std::size_t all = 0;
    for (std::size_t n = 1; n != 0 && all != into.size(); all += n)
        n = read_some(from, offset + all, into.subspan(all), ec);
    return all;
}

POP3_DECL void sync(file_system::file& f, std::error_code& ec)
{
    do
        f.sync(ec);
    while (ec == std::errc::interrupted);
}

POP3_DECL void sync_directory(file_system& files, const std::string& path, std::error_code& ec)
{
    do
        files.sync_directory(path, ec);
    while (ec == std::errc::interrupted);
}

POP3_DECL std::unique_ptr<file_system::file> open(file_system& files, const std::string& path,
                                                  file_system::access how, std::error_code& ec)
{
    std::unique_ptr<file_system::file> opened;
    do
        opened = files.open(path, how, ec);
    while (ec == std::errc::interrupted);
    return opened;
}

POP3_DECL std::string directory_of(std::string_view path)
{
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos)
        return ".";
    return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

} // namespace detail

} // namespace pop3

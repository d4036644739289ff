module dure/client

go 1.24

require github.com/zishang520/socket.io/clients/socket/v3 v3.0.6

// main.rs -- the scenario of 59-clients.t by a client in Rust: client URL TRANSPORT...
use base64::{engine::general_purpose::STANDARD, Engine};
use rust_socketio::{ClientBuilder, Payload, RawClient, TransportType};
use serde_json::{json, Value};
use std::sync::mpsc::{channel, Receiver};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

fn plain(p: Payload) -> Value {
    match p {
        Payload::Binary(b) => json!([{ "bytes": STANDARD.encode(&b) }]),
        Payload::Text(args) => Value::Array(args),
        other => panic!("unexpected payload {other:?}"),
    }
}

fn next(heard: &Receiver<Value>) -> Value {
    heard.recv_timeout(PATIENCE).expect("nothing was heard")
}

fn listen(b: ClientBuilder, event: &str) -> (ClientBuilder, Receiver<Value>) {
    let (tell, heard) = channel();
    (b.on(event, move |p: Payload, _: RawClient| tell.send(plain(p)).unwrap()), heard)
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let transport = match args[2..].join(",").as_str() {
        "websocket" => TransportType::Websocket,
        "polling" => TransportType::Polling,
        _ => TransportType::WebsocketUpgrade,
    };
    let builder = ClientBuilder::new(args[1].clone())
        .transport_type(transport)
        .reconnect(false)
        .auth(json!({ "answer": "42" }))
        .on("error", |p, _| eprintln!("error {p:?}"));
    let (builder, auth) = listen(builder, "auth");
    let (builder, back) = listen(builder, "message-back");
    let (builder, update) = listen(builder, "analysis-update");
    let s = builder.connect().expect("a connection");
    let ask = |event: &str, message: Payload| {
        let (tell, heard) = channel();
        s.emit_with_ack(event, message, PATIENCE, move |p: Payload, _: RawClient| tell.send(plain(p)).unwrap())
            .expect("a request");
        next(&heard)
    };
    let messages = [Payload::Text(vec![json!(1), json!("두 개"), json!({ "three": [true, null] })]), Payload::from(vec![1u8, 2, 3])];
    println!("auth {}", next(&auth));
    for message in messages.clone() {
        s.emit("message", message).expect("a message");
        println!("back {}", next(&back));
    }
    println!("ack {}", ask("message-with-ack", messages[0].clone()));
    println!("room {}", ask("subscribe-analysis", Payload::from("client")));
    println!("update {}", next(&update));
    s.disconnect().expect("an end");
    println!("end");
}

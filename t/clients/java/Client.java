// Client.java -- the scenario of 59-clients.t by the official Java client: java -cp JARS Client.java URL TRANSPORT...
import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Socket;
import java.net.URI;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.json.JSONArray;
import org.json.JSONObject;

public class Client {
	private static final Object[][] MESSAGES = {
		{ 1, "두 개", json("{\"three\":[true,null]}") },
		{ new byte[] { 1, 2, 3 } },
		{ "x", new byte[0], new byte[] { -1, 0 } },
	};

	private static Object json(String text) {
		try {
			return new JSONObject(text);
		} catch (org.json.JSONException e) {
			throw new IllegalStateException(e);
		}
	}

	private static void print(String what, Object[] args) throws Exception {
		JSONArray a = new JSONArray();
		for (Object o : args)
			a.put(o instanceof byte[] b ? new JSONObject(Map.of("bytes", Base64.getEncoder().encodeToString(b))) : o);
		System.out.println(what + " " + a);
	}

	private static LinkedBlockingQueue<Object[]> listen(Socket s, String event) {
		LinkedBlockingQueue<Object[]> heard = new LinkedBlockingQueue<>();
		s.on(event, heard::add);
		return heard;
	}

	private static Object[] next(LinkedBlockingQueue<Object[]> heard) throws Exception {
		Object[] args = heard.poll(30, TimeUnit.SECONDS);
		if (args == null)
			throw new IllegalStateException("nothing was heard");
		return args;
	}

	private static Object[] ask(Socket s, String event, Object... args) throws Exception {
		LinkedBlockingQueue<Object[]> heard = new LinkedBlockingQueue<>();
		s.emit(event, args, (Ack) heard::add);
		return next(heard);
	}

	public static void main(String[] args) throws Exception {
		IO.Options options = IO.Options.builder().setReconnection(false).setAuth(Map.of("answer", "42"))
		    .setTransports(java.util.Arrays.copyOfRange(args, 1, args.length)).build();
		Socket s = IO.socket(URI.create(args[0] + "/"), options);
		var auth = listen(s, "auth");
		var back = listen(s, "message-back");
		var update = listen(s, "analysis-update");
		s.on(Socket.EVENT_CONNECT_ERROR, e -> System.err.println("connect_error " + e[0]));
		s.connect();
		print("auth", next(auth));
		for (Object[] message : MESSAGES) {
			s.emit("message", message);
			print("back", next(back));
			print("ack", ask(s, "message-with-ack", message));
		}
		print("room", ask(s, "subscribe-analysis", "client"));
		print("update", next(update));
		s.disconnect();
		System.out.println("end");
		System.exit(0);
	}
}

const axios = require("axios");

async function run(url, signal) {
	const { data } = await axios.get(`${url}/daily`, { signal, timeout: 5_000 });
	return data;
}

module.exports = { run };

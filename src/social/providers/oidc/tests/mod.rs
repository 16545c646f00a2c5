mod flow;
mod id_token;
